#!/bin/sh -u
# A script as a program: what a shell does by itself.
echo "$# arguments: $*"
for i in 1 2 3; do
	echo "line $i"
done | while read -r word number; do
	echo "$word has $number" | tr a-z A-Z
	sleep 0.05
done
t=file.$$
echo "kept in a file" >"$t"
cat <"$t" - <<END
and a text in place
END
rm "$t"
(trap 'echo leaving' EXIT; exit 3)
echo "code $?"
echo "to standard error" >&2
{ sleep 0.2; echo background; } &
child=$!
kill -0 "$child" && echo alive
wait "$child"
echo "waited: $?"
echo "$undefined"
echo "not reached"
