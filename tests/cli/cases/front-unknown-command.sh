hindcast recrod x.scap
