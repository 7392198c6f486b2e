"""身份核验: the identity service of the national platform."""
