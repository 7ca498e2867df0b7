import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;

/**
 * A mail server that talks like Microsoft's, one connection after the other. Options besides those
 * of MailLink: listen=ADDRESS:PORT, name=HOST, service=TEXT (of the banner), keys=FILE[,FILE…]
 * (PKCS #12, taken in turn, one per connection), trust=FILE, clear=CAPABILITY,… and
 * secured=CAPABILITY,… (before and after TLS), mute=yes to fall silent once TLS is up.
 */
public final class MailServer {
    private final Map<String, String> options;
    private final String name;
    private final String service;

    private MailServer(Map<String, String> options) {
        this.options = options;
        this.name = options.get("name");
        this.service = options.getOrDefault("service", "Microsoft ESMTP MAIL Service");
    }

    public static void main(String[] args) throws Exception {
        new MailServer(MailLink.options(args)).serve();
    }

    private void serve() throws Exception {
        List<SSLContext> contexts = new ArrayList<>();
        for (String keys : options.get("keys").split(",")) {
            contexts.add(TlsPipe.context(keys, options.getOrDefault("trust", "all")));
        }
        String listen = options.get("listen");
        int colon = listen.lastIndexOf(':');
        int port = Integer.parseInt(listen.substring(colon + 1));
        InetAddress address = InetAddress.getByName(listen.substring(0, colon));
        try (ServerSocket server = new ServerSocket(port, 5, address)) {
            for (int count = 0; ; count++) {
                Socket socket = server.accept();
                socket.setTcpNoDelay(true);
                try (socket) {
                    converse(new MailLink(socket), contexts.get(count % contexts.size()), socket);
                } catch (IOException failure) {
                    System.err.println("server: " + failure);
                }
            }
        }
    }

    private void converse(MailLink link, SSLContext context, Socket socket) throws IOException {
        link.send("220 " + name + " " + service + " ready at " + now());
        while (true) {
            String line = link.readLine();
            switch (line.split(" ")[0].toUpperCase(Locale.ROOT)) {
                case "EHLO" -> link.send(greeting(link.isEncrypted(), socket));
                case "STARTTLS", "X-ANONYMOUSTLS" -> {
                    link.send("220 2.0.0 SMTP server ready");
                    link.startTls(context, false, options);
                    if (options.containsKey("mute")) while (true) link.readLine();
                }
                case "AUTH" -> authenticate(link);
                case "MAIL" -> link.send("250 2.1.0 Sender OK");
                case "RCPT" -> link.send("250 2.1.5 Recipient OK");
                case "DATA" -> {
                    link.send("354 Start mail input; end with <CRLF>.<CRLF>");
                    while (!link.readLine().equals(".")) {}
                    link.send("250 2.6.0 <1@" + name + "> Queued mail for delivery");
                }
                case "QUIT" -> {
                    link.send("221 2.0.0 Service closing transmission channel");
                    link.close();
                    return;
                }
                default -> link.send("500 5.3.3 Unrecognized command");
            }
        }
    }

    private String[] greeting(boolean encrypted, Socket socket) {
        List<String> lines = new ArrayList<>();
        lines.add(name + " Hello [" + socket.getInetAddress().getHostAddress() + "]");
        lines.addAll(List.of(options.get(encrypted ? "secured" : "clear").split(",")));
        int last = lines.size() - 1;
        for (int i = 0; i <= last; i++) lines.set(i, (i < last ? "250-" : "250 ") + lines.get(i));
        return lines.toArray(String[]::new);
    }

    private static void authenticate(MailLink link) throws IOException {
        link.send("334 VXNlcm5hbWU6");
        link.readLine();
        link.send("334 UGFzc3dvcmQ6");
        link.readLine();
        link.send("235 2.7.0 Authentication successful");
    }

    private static String now() {
        return DateTimeFormatter.RFC_1123_DATE_TIME
                .format(ZonedDateTime.now(ZoneOffset.UTC))
                .replace("GMT", "+0000");
    }
}
