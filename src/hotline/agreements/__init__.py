"""Making agreements and directories: profiles and plans as people write them, into the objects that are signed."""
