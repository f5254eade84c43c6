/**
 * A file server for the volumes of the pod's containers: SFTP version 3 (draft-ietf-secsh-filexfer-02) over a flow, without
 * SSH, as sshfs speaks it in passive mode. Used by {@code podaccess}; knows no manager and no pods.
 */
package io.telepresence.agent.sftp;
