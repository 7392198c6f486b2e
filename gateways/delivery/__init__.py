"""网络送达: electronic delivery of results to the applicant's space."""
