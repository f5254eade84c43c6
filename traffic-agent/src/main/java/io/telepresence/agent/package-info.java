/**
 * The traffic-agent's two programs: the sidecar and the init container before it. Wires the parts together and answers
 * the kubelet; knows what the injector wrote, but nothing of how the manager came to it.
 */
package io.telepresence.agent;
