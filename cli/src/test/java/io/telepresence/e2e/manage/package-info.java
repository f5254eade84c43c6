/** The traffic-manager: its installation, its settings, and what else is in the cluster. */
package io.telepresence.e2e.manage;
