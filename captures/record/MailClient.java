import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * A mail client that walks through a list of steps. Options besides those of MailLink:
 * to=ADDRESS:PORT, from=ADDRESS (source), helo=NAME, keys=FILE, trust=FILE, on-failure=reset
 * (default: FIN), and steps=STEP,…: ehlo, STARTTLS or X-ANONYMOUSTLS (command and handshake), auth,
 * mail, quit; silence:SECONDS (says EHLO and waits that long for an answer); the last may be leave
 * (FIN without a TLS goodbye) or reset.
 */
public final class MailClient {
    private final Map<String, String> options;
    private final String helo;
    private final Socket socket = new Socket();
    private final MailLink link = new MailLink(socket);

    private MailClient(Map<String, String> options) {
        this.options = options;
        this.helo = options.getOrDefault("helo", "");
    }

    public static void main(String[] args) throws Exception {
        new MailClient(MailLink.options(args)).run();
    }

    private void run() throws Exception {
        SSLContext context = TlsPipe.context(options.get("keys"), options.getOrDefault("trust", "all"));
        if (options.containsKey("from")) socket.bind(new InetSocketAddress(options.get("from"), 0));
        String to = options.get("to");
        int colon = to.lastIndexOf(':');
        socket.setTcpNoDelay(true);
        int port = Integer.parseInt(to.substring(colon + 1));
        socket.connect(new InetSocketAddress(to.substring(0, colon), port));
        try {
            reply();
            for (String step : options.get("steps").split(",")) take(step, context);
        } catch (IOException failure) {
            System.err.println("client: " + failure);
            if ("reset".equals(options.get("on-failure"))) link.reset();
            else link.closeSilently();
        }
    }

    private void take(String step, SSLContext context) throws IOException {
        switch (step.split(":")[0]) {
            case "ehlo" -> ask(("EHLO " + helo).strip());
            case "STARTTLS", "X-ANONYMOUSTLS" -> {
                ask(step);
                link.startTls(context, true, options);
            }
            case "auth" -> {
                ask("AUTH LOGIN");
                ask(base64("probe@example.org"));
                ask(base64("not-a-real-password"));
            }
            case "mail" -> {
                ask("MAIL FROM:<sender@example.org>");
                ask("RCPT TO:<recipient@example.net>");
                ask("DATA");
                link.send("From: sender@example.org", "To: recipient@example.net", "Subject: test");
                link.send("", "Test message.");
                ask(".");
            }
            case "quit" -> {
                ask("QUIT");
                link.close();
            }
            case "silence" -> waitInVain(Integer.parseInt(step.split(":")[1]));
            case "leave" -> link.closeSilently();
            case "reset" -> link.reset();
            default -> throw new IllegalArgumentException(step);
        }
    }

    private void waitInVain(int seconds) throws IOException {
        socket.setSoTimeout(seconds * 1000);
        try {
            ask("EHLO " + helo);
        } catch (SocketTimeoutException expected) {
            return;
        }
        throw new IOException("the server did answer");
    }

    private void ask(String command) throws IOException {
        link.send(command);
        reply();
    }

    private void reply() throws IOException {
        String line;
        do line = link.readLine();
        while (line.startsWith("-", 3));
        if (line.charAt(0) > '3') throw new IOException(line);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }
}
