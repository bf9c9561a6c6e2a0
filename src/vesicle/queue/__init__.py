"""RIM: the alarm clock of `vesicle run`, and the lock that lets only one of them send."""
