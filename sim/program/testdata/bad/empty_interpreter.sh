#!
echo not reached
