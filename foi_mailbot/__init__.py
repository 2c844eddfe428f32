"""foi_mailbot: reads a council's FOI mailbox and drafts "another body may hold this" letters for an officer."""

__version__ = "0.1.0"
