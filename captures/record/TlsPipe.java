import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Blocking TLS over a connected socket, built on SSLEngine instead of SSLSocket for one reason: the
 * engine hands us its alerts, so they can be withheld. Windows' Schannel ends many failed
 * negotiations by just closing, and captures must show that too.
 */
final class TlsPipe {
    static {
        // The JDK refuses by default what these recordings are about.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.tls.legacyAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
    }

    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final InputStream fromNet;
    private final OutputStream toNet;
    private final boolean sendAlerts;
    private final ByteBuffer records = ByteBuffer.allocate(1 << 16).flip();
    private final ByteBuffer plain = ByteBuffer.allocate(1 << 16).flip();
    private final ByteArrayOutputStream flight = new ByteArrayOutputStream();

    TlsPipe(SSLEngine engine, Socket socket, boolean sendAlerts) throws IOException {
        this.engine = engine;
        this.fromNet = socket.getInputStream();
        this.toNet = socket.getOutputStream();
        this.sendAlerts = sendAlerts;
    }

    /** Keys and trust from PKCS #12 files; no key file means none, trust "all" means anybody. */
    static SSLContext context(String keys, String trust) throws Exception {
        KeyManagerFactory keyManagers = null;
        if (keys != null) {
            keyManagers = KeyManagerFactory.getInstance("PKIX");
            keyManagers.init(store(keys), PASSWORD);
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keyManagers == null ? null : keyManagers.getKeyManagers(), trust(trust), null);
        return context;
    }

    private static TrustManager[] trust(String trust) throws Exception {
        if (trust.equals("all")) return new TrustManager[] {new TrustAnybody()};
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(store(trust));
        return managers.getTrustManagers();
    }

    private static KeyStore store(String file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    void handshake() throws IOException {
        guarded(
                () -> {
                    engine.beginHandshake();
                    advance();
                });
    }

    /** The next decrypted byte, or -1 at the end. */
    int read() throws IOException {
        guarded(
                () -> {
                    while (!plain.hasRemaining() && !engine.isInboundDone() && unwrap()) advance();
                });
        return plain.hasRemaining() ? plain.get() & 0xff : -1;
    }

    void write(byte[] bytes) throws IOException {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        guarded(
                () -> {
                    while (source.hasRemaining()) wrap(source);
                    flush();
                });
    }

    void closeNotify() throws IOException {
        engine.closeOutbound();
        drain();
    }

    /** Runs the handshake as far as it goes: one TCP write per flight, as most stacks do. */
    private void advance() throws IOException {
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> wrap(NOTHING);
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!unwrap()) throw new EOFException("the peer has closed the transport stream");
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    flush();
                    return;
                }
            }
        }
    }

    /** One record in; false at the end of the stream. */
    private boolean unwrap() throws IOException {
        while (true) {
            plain.compact();
            SSLEngineResult result;
            try {
                result = engine.unwrap(records, plain);
            } finally {
                plain.flip();
            }
            if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) return true;
            flush();
            records.compact();
            int count = fromNet.read(records.array(), records.position(), records.remaining());
            if (count > 0) records.position(records.position() + count);
            records.flip();
            if (count < 0) return false;
        }
    }

    /** One record out, into the pending flight; how many bytes it has. */
    private int wrap(ByteBuffer source) throws SSLException {
        ByteBuffer record = ByteBuffer.allocate(1 << 16);
        engine.wrap(source, record);
        flight.write(record.array(), 0, record.position());
        return record.position();
    }

    private void flush() throws IOException {
        toNet.write(flight.toByteArray());
        flight.reset();
    }

    private void drain() throws IOException {
        while (!engine.isOutboundDone() && wrap(NOTHING) > 0) {}
        flush();
    }

    /** The engine's alert waits behind its exception: fetch and send it, or leave it there. */
    private void guarded(Step step) throws IOException {
        try {
            step.run();
        } catch (SSLException failure) {
            if (sendAlerts) drain();
            throw failure;
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static final class TrustAnybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
