echo a script that a shell would run, but exec does not
