/**
 * The traffic-manager: its start, the wiring of its parts, what the kubelet asks of it, and the uninstaller that runs
 * before the release goes.
 */
package io.telepresence.manager;
