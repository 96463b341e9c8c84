"""A store on three machines: its configuration files, and a rehearsal of the whole of it on one host."""
