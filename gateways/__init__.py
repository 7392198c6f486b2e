"""Outside systems, a folder each: protocol and HTTP client; and a sandbox that plays them all."""
