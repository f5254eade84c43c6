/**
 * A file server for the volumes of the application's containers: SFTP version 3 (draft-ietf-secsh-filexfer-02) over a
 * flow, without SSH, as sshfs speaks it in its passive mode. Used by the reach package; knows no manager and no pods.
 */
package io.telepresence.agent.sftp;
