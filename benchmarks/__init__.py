"""What the server reaches, each figure beside its bare limit in the same run: `make bench`."""
