/** A TUN device made of two queues, for every test that needs packets but no root. */
package io.telepresence.rootd.tun;
