"""数据共享: what a cooperating unit's data says, so that nobody has to bring it on paper."""
