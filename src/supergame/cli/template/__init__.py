"""The files of `supergame new`, each with `.txt` behind its name and `__` for a slash."""
