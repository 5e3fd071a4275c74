"""Programs that tests start: commands of the shell, releases, images, whole machines."""
