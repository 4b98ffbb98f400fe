"""The API's OpenAPI document as a file, from which the web pages' client is made."""
