import de.bwaldvogel.mongo.MongoBackend;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractMongoBackend;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.io.IOException;
import java.util.List;

/** Arguments: the port (0 for any free one), and optionally the path of a file for the data. */
public final class StandIn {

    /** The oldest version that the Node driver 7 accepts. The server's own constants end below it. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    };

    private StandIn() {}

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        MongoBackend backend = args.length > 1 ? fileBackend(args[1]) : memoryBackend();
        MongoServer server = new MongoServer(backend);
        server.enableOplog();
        server.bind("127.0.0.1", port);
        System.out.println("port " + server.getLocalAddress().getPort());
        waitForEndOfInput();
        System.exit(0);
    }

    private static MongoBackend memoryBackend() {
        return new MemoryBackend().version(VERSION);
    }

    private static MongoBackend fileBackend(String file) {
        AbstractMongoBackend backend = new H2Backend(file);
        Runtime.getRuntime().addShutdownHook(new Thread(backend::close));
        return backend.version(VERSION);
    }

    /** The parent process holds the input open. When it ends for any reason, this process ends. */
    private static void waitForEndOfInput() throws IOException {
        while (System.in.read() != -1) {
            continue;
        }
    }
}
