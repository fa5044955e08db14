hindcast --help
