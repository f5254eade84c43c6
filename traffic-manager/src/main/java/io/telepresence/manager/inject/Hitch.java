package io.telepresence.manager.inject;

/**
 * What keeps a new pod from coming up.
 *
 * @param text one sentence that names the object
 * @param room what is missing may be what the old pod has: a node's resources or ports, a volume, a quota
 * @param refused nothing was made, and waiting is of no use
 */
record Hitch(String text, boolean room, boolean refused) {}
