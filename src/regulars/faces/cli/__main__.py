"""`python -m regulars.faces.cli` is the `regulars` command."""

from regulars.faces.cli import main

if __name__ == "__main__":
    main()
