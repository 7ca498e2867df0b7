import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** SMTP lines over a socket, in clear until {@link #startTls}; and the key=value options of both ends. */
final class MailLink {
    private final Socket socket;
    private TlsPipe tls;

    MailLink(Socket socket) {
        this.socket = socket;
    }

    static Map<String, String> options(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (String arg : args) {
            int equals = arg.indexOf('=');
            options.put(arg.substring(0, equals), arg.substring(equals + 1));
        }
        return options;
    }

    /**
     * Options: protocols and suites (comma lists, JSSE's names; default: JSSE's), sni, alerts=no to
     * close silently, client-cert=yes for a server that demands one, identify=yes for a client that
     * wants the certificate to bear the name of sni.
     */
    void startTls(SSLContext context, boolean isClient, Map<String, String> options) throws IOException {
        String sni = options.get("sni");
        SSLEngine engine = sni == null ? context.createSSLEngine() : context.createSSLEngine(sni, 25);
        engine.setUseClientMode(isClient);
        engine.setNeedClientAuth("yes".equals(options.get("client-cert")));
        if (options.containsKey("protocols")) engine.setEnabledProtocols(options.get("protocols").split(","));
        if (options.containsKey("suites")) engine.setEnabledCipherSuites(options.get("suites").split(","));
        if (options.containsKey("identify")) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
        }
        tls = new TlsPipe(engine, socket, !"no".equals(options.get("alerts")));
        tls.handshake();
    }

    boolean isEncrypted() {
        return tls != null;
    }

    void send(String... lines) throws IOException {
        byte[] bytes = (String.join("\r\n", lines) + "\r\n").getBytes(StandardCharsets.UTF_8);
        if (tls == null) socket.getOutputStream().write(bytes);
        else tls.write(bytes);
    }

    String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int next = tls == null ? socket.getInputStream().read() : tls.read();
            if (next < 0) throw new EOFException("the peer has closed the connection");
            if (next == '\n') return line.toString().stripTrailing();
            line.append((char) next);
        }
    }

    /** An orderly end: close_notify, FIN, and the peer's are read, else our side answers with a reset. */
    void close() throws IOException {
        if (tls != null) tls.closeNotify();
        socket.shutdownOutput();
        socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        socket.close();
    }

    /** The socket goes without a TLS goodbye. */
    void closeSilently() throws IOException {
        socket.close();
    }

    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
