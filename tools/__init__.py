"""What those who work on pkgaudit run now and then. Not part of the wheel."""
