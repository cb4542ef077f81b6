"""The command line: arguments, exit codes and the terminal. It imports what a command needs when it needs it."""
