"""`python -m hotline.cli`: the same as `hotline`."""

from hotline.cli import main

main()
