"""寄递: the courier (EMS) that carries papers between places and results to applicants."""
