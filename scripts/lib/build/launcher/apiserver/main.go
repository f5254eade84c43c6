// A stand-in for the API server while the traffic-manager rehearses its start: what the start-up cache is made of is what
// was used until then, and without an API server a traffic-manager gets no further than to wait for one. Lists have a
// few objects, watches say nothing, what is written is sent back. Not part of any image.
//
//	apiserver PORT ROOT COMMAND…
//
// serves in the background, on the loopback; writes below ROOT what a pod finds of it; and becomes the command.
package main

import (
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// longest it runs, whatever becomes of the program that it is for.
	longest   = 2 * time.Minute
	namespace = "default"
	// serving is set for the process in the background.
	serving = "APISERVER_SERVES"
	objects = 20
)

type object = map[string]interface{}

// kinds are the resources that have objects, by the last segment of their path; others are empty.
var kinds = map[string]string{
	"pods": "Pod", "services": "Service", "nodes": "Node", "namespaces": "Namespace", "deployments": "Deployment",
	"replicasets": "ReplicaSet", "statefulsets": "StatefulSet",
}

func main() {
	if os.Getenv(serving) != "" {
		serve(os.Args[1], os.Args[2])
	}
	ready, told, err := os.Pipe()
	check(err)
	_, err = os.StartProcess("/proc/self/exe", os.Args, &os.ProcAttr{
		Env:   []string{serving + "=yes"},
		Files: []*os.File{nil, os.Stderr, os.Stderr, told},
	})
	check(err)
	told.Close()
	if n, _ := ready.Read(make([]byte, 1)); n != 1 {
		check(fmt.Errorf("it cannot serve"))
	}
	path, err := exec.LookPath(os.Args[3])
	check(err)
	check(syscall.Exec(path, os.Args[3:], os.Environ()))
}

func serve(port, root string) {
	// It is not to outlive the command.
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	time.AfterFunc(longest, func() { os.Exit(0) })
	own := certificate()
	furnish(root, own)
	listener, err := tls.Listen("tcp", "127.0.0.1:"+port, &tls.Config{Certificates: []tls.Certificate{own}})
	check(err)
	_, err = os.NewFile(3, "told").Write([]byte{1})
	check(err)
	check(http.Serve(listener, http.HandlerFunc(answer)))
}

// furnish writes a service account's files, the traffic-manager's certificate, and a resolv.conf.
func furnish(root string, own tls.Certificate) {
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	check(err)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})
	for file, text := range map[string][]byte{
		"var/run/secrets/kubernetes.io/serviceaccount/ca.crt":    authority,
		"var/run/secrets/kubernetes.io/serviceaccount/token":     []byte("none"),
		"var/run/secrets/kubernetes.io/serviceaccount/namespace": []byte("ambassador"),
		"var/run/secrets/tls/tls.crt":                            authority,
		"var/run/secrets/tls/tls.key":                            pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		"var/run/secrets/tls/path":                               []byte("00000000000000000000000000000000"),
		"etc/resolv.conf":                                        []byte("nameserver 127.0.0.1\nsearch ambassador.svc.cluster.local svc.cluster.local cluster.local\n"),
	} {
		path := root + "/" + file
		check(os.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755))
		check(os.WriteFile(path, text, 0o644))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "apiserver:", err)
		os.Exit(1)
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "rehearsal"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func answer(out http.ResponseWriter, request *http.Request) {
	out.Header().Set("Content-Type", "application/json")
	segments := strings.Split(strings.Trim(request.URL.Path, "/"), "/")
	last := segments[len(segments)-1]
	switch {
	case request.URL.Path == "/version":
		send(out, http.StatusOK, object{"major": "1", "minor": "36", "gitVersion": "v1.36.0"})
	case request.Method == http.MethodPost || request.Method == http.MethodPut || request.Method == http.MethodPatch:
		echo(out, request)
	case request.URL.Query().Get("watch") == "true":
		watch(out, request)
	case stored(request.URL.Path) != nil:
		send(out, http.StatusOK, stored(request.URL.Path))
	case collection(segments):
		sendList(out, request, list(last, version(segments)))
	default:
		send(out, http.StatusNotFound, object{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
			"message": last + " not found", "details": object{"name": last},
		})
	}
}

// collection: /api/v1/pods, /apis/GROUP/VERSION/leases, both with namespaces/NAME in front of the last segment.
func collection(segments []string) bool {
	rest := segments[min(len(segments), 2):]
	if len(segments) > 0 && segments[0] == "apis" {
		rest = segments[min(len(segments), 3):]
	}
	if len(rest) > 2 && rest[0] == "namespaces" {
		rest = rest[2:]
	}
	return len(rest) == 1
}

func version(segments []string) string {
	if segments[0] == "apis" && len(segments) > 2 {
		return segments[1] + "/" + segments[2]
	}
	return "v1"
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// watch opens a WebSocket, as the API server does (RFC 6455), or an answer that does not end, and says nothing.
func watch(out http.ResponseWriter, request *http.Request) {
	key := request.Header.Get("Sec-WebSocket-Key")
	if key == "" {
		out.WriteHeader(http.StatusOK)
		out.(http.Flusher).Flush()
		<-request.Context().Done()
		return
	}
	connection, buffered, err := out.(http.Hijacker).Hijack()
	check(err)
	defer connection.Close()
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	io.Copy(io.Discard, buffered)
}

var (
	mutex   sync.Mutex
	written = map[string]object{}
)

// stored is what was written under that path; nil: nothing.
func stored(path string) object {
	mutex.Lock()
	defer mutex.Unlock()
	return written[path]
}

// echo keeps what was written, and sends it back.
func echo(out http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	now := object{}
	if err := json.Unmarshal(body, &now); err != nil {
		send(out, http.StatusOK, object{})
		return
	}
	metadata, _ := now["metadata"].(map[string]interface{})
	if metadata == nil {
		metadata = object{}
		now["metadata"] = metadata
	}
	metadata["resourceVersion"] = "2"
	metadata["uid"] = "00000000-0000-0000-0000-000000000002"
	path := request.URL.Path
	if request.Method == http.MethodPost {
		path += fmt.Sprint("/", metadata["name"])
	}
	mutex.Lock()
	written[path] = now
	mutex.Unlock()
	send(out, http.StatusOK, now)
}

func send(out http.ResponseWriter, code int, what object) {
	text, _ := json.Marshal(what)
	out.WriteHeader(code)
	out.Write(text)
}

// sendList compresses as the API server does, if that is asked for.
func sendList(out http.ResponseWriter, request *http.Request, what object) {
	if !strings.Contains(request.Header.Get("Accept-Encoding"), "gzip") {
		send(out, http.StatusOK, what)
		return
	}
	out.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(out)
	text, _ := json.Marshal(what)
	packed.Write(text)
	packed.Close()
}

func list(resource, apiVersion string) object {
	items := []object{}
	kind := kinds[resource]
	for i := 0; kind != "" && i < objects; i++ {
		items = append(items, item(kind, apiVersion, i))
	}
	if kind == "" {
		kind = strings.Title(strings.TrimSuffix(resource, "s"))
	}
	return object{
		"kind": kind + "List", "apiVersion": apiVersion, "metadata": object{"resourceVersion": "1"}, "items": items,
	}
}

func item(kind, apiVersion string, number int) object {
	name := fmt.Sprintf("app-%d", number)
	metadata := object{
		"name": name, "namespace": namespace, "uid": fmt.Sprintf("%s-%d", kind, number), "resourceVersion": "1",
		"creationTimestamp": "2026-01-01T00:00:00Z", "labels": object{"app": name}, "annotations": object{"a": "b"},
		"managedFields": []object{{"manager": "kubectl", "operation": "Update", "fieldsV1": object{"f:metadata": object{}}}},
	}
	owner := func(kind string) {
		metadata["ownerReferences"] = []object{{
			"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": fmt.Sprintf("%s-%d", kind, number), "controller": true,
		}}
	}
	pod := object{
		"containers": []object{{
			"name": "main", "image": "main:1", "ports": []object{{"name": "http", "containerPort": 8080, "protocol": "TCP"}},
			"env": []object{{"name": "A", "value": "b"}}, "resources": object{"requests": object{"cpu": "10m"}},
		}},
		"nodeName": "app-0", "serviceAccountName": "default", "restartPolicy": "Always",
	}
	template := object{"metadata": object{"labels": object{"app": name}}, "spec": pod}
	spec := object{"replicas": 1, "selector": object{"matchLabels": object{"app": name}}, "template": template}
	status := object{"replicas": 1, "readyReplicas": 1}
	switch kind {
	case "Pod":
		owner("ReplicaSet")
		spec = pod
		status = object{
			"phase": "Running", "podIP": fmt.Sprintf("10.1.0.%d", number+1), "podIPs": []object{{"ip": "10.1.0.1"}},
			"conditions":        []object{{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}},
			"containerStatuses": []object{{"name": "main", "ready": true, "restartCount": 0, "image": "main:1", "imageID": "x"}},
		}
	case "ReplicaSet":
		owner("Deployment")
	case "Service":
		spec = object{
			"clusterIP": "10.2.0.1", "clusterIPs": []string{"10.2.0.1"}, "selector": object{"app": name},
			"ports": []object{{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}},
		}
		status = object{}
	case "Node":
		spec = object{"podCIDR": fmt.Sprintf("10.1.%d.0/24", number), "podCIDRs": []string{fmt.Sprintf("10.1.%d.0/24", number)}}
		status = object{"addresses": []object{{"type": "InternalIP", "address": "10.3.0.1"}}}
	case "Namespace":
		metadata["name"] = []string{namespace, "ambassador", "kube-system"}[number%3]
		spec, status = object{}, object{"phase": "Active"}
	}
	if kind == "Node" || kind == "Namespace" {
		delete(metadata, "namespace")
	}
	return object{"kind": kind, "apiVersion": apiVersion, "metadata": metadata, "spec": spec, "status": status}
}
