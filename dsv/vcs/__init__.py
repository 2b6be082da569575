"""git: reads by the git binary (2 ms a call, no import); writes by GitPython, which only `write` imports.

Every function takes `root`, any directory inside a work tree (a project may be a subdirectory of its repository);
paths go in and come out relative to `root`, as POSIX text, whatever characters they hold.
"""
