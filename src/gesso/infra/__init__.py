"""The machine under the business: settings, errors, database, web, storage, logs."""
