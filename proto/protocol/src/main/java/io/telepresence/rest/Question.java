package io.telepresence.rest;

import io.telepresence.engagement.HttpHead;

/**
 * Whose a message is.
 *
 * @param head headers of the message, and a path if it has one
 * @param containerPort only what is engaged there counts; zero: what is engaged anywhere
 * @param engagementId only this engagement counts; empty: all
 */
public record Question(HttpHead head, int containerPort, String engagementId) {}
