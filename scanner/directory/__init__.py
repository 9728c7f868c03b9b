"""Who is who, from a directory's exports: dated links between the ids of people, machines and addresses.

A person's account names, a machine's owner and an address's holder are each a link for a time, so that leases which
arrive after the logs still join."""

from shadowledger.scanner.directory.export import Options as Options
from shadowledger.scanner.directory.facts import FlawedDirectoryError as FlawedDirectoryError
from shadowledger.scanner.directory.importing import Imported as Imported
from shadowledger.scanner.directory.importing import import_directory as import_directory
from shadowledger.scanner.directory.kinds import AUTO as AUTO
from shadowledger.scanner.directory.kinds import KINDS as KINDS
