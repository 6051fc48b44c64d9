package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are what servers and clients recognise each other by: one certificate for 127.0.0.1 and localhost that vouches for itself.
type Certificates struct {
	CertFile, KeyFile string // PEM; CertFile is the authority as well
	pool              *x509.CertPool
	pair              tls.Certificate
}

// NewCertificates makes certificates for a day, in files under dir.
func NewCertificates(dir string) (*Certificates, error) {
	cert, key, err := selfSigned()
	if err != nil {
		return nil, fmt.Errorf("redistest: making a certificate: %w", err)
	}
	c := &Certificates{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), pool: x509.NewCertPool()}
	c.pool.AppendCertsFromPEM(cert)
	if c.pair, err = tls.X509KeyPair(cert, key); err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	if err = os.WriteFile(c.CertFile, cert, 0o600); err == nil {
		err = os.WriteFile(c.KeyFile, key, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	return c, nil
}

// Client is how a client connects. The servers ask it for a certificate, and it has one.
func (c *Certificates) Client() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.pool, Certificates: []tls.Certificate{c.pair}}
}

// lines are the settings of a server.
func (c *Certificates) lines() string {
	return fmt.Sprintf("tls-cert-file %q\ntls-key-file %q\ntls-ca-cert-file %q\n", c.CertFile, c.KeyFile, c.CertFile)
}

func selfSigned() (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redistest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}
