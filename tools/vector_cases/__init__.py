"""The cases of specs/vectors, as the script that writes them has them. Nothing here is installed."""
