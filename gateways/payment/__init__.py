"""统一支付: fees that applicants pay, and money that is paid out to them."""
