"""aiochat as an installed package: this folder holds all of the program."""
