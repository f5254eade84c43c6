package io.telepresence.cli.daemon;

/** The configuration in force, as text in both forms. */
public record Configuration(String yaml, String json) {}
