"""``python -m visavis`` is the executable."""

from visavis.cli.main import main

if __name__ == "__main__":
    main()
