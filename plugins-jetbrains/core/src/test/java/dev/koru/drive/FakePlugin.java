package dev.koru.drive;

import dev.koru.chat.Way;
import dev.koru.link.Connection;
import dev.koru.protocol.Messages;
import dev.koru.protocol.Messages.ChatEvent;
import dev.koru.protocol.Messages.DeliverParams;
import dev.koru.protocol.Messages.IdeInfo;
import dev.koru.protocol.Messages.InitializeParams;
import dev.koru.protocol.Messages.LookupParams;
import dev.koru.protocol.Messages.PluginInfo;
import dev.koru.protocol.Messages.ProtocolRange;
import dev.koru.protocol.Messages.Role;
import dev.koru.protocol.Messages.SurfaceInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * The whole core around an IDE that is not one: `FakePlugin SOCKET JOURNAL WINDOW`. Says each state of its connection and
 * each text its chat was sent, a line each, and ends when standard input does.
 */
public final class FakePlugin {
    private final Path socket;
    private final String window;
    private final Drives drives;
    private final Connection connection;

    private FakePlugin(Path socket, Path journal, String window) throws IOException {
        this.socket = socket;
        this.window = window;
        var threads = Executors.newCachedThreadPool(run -> {
            var thread = new Thread(run);
            thread.setDaemon(true);
            return thread;
        });
        var ide = new Telling();
        drives = new Drives(new Drives.Options(
                Journal.open(journal),
                surface -> surface.equals("fake") ? FakeIde.PLACE : null,
                new ChatDelivery(ide, Clock.REAL),
                threads,
                (surface, drive, fact) -> tell(surface, drive, fact),
                (level, message) -> say(level + " " + message)));
        connection = new Connection(new Connection.Options(
                () -> this.socket,
                this::hello,
                Map.of(
                        "chat/deliver", params -> drives.deliver((DeliverParams) params),
                        "drive/lookup", params -> drives.lookup(((LookupParams) params).driveId()),
                        "ping", params -> params),
                threads,
                hello -> {},
                state -> say("state " + state.is() + (state.why() == null ? "" : " " + state.why())),
                (level, message) -> say(level + " " + message)));
    }

    public static void main(String[] arguments) throws IOException {
        var plugin = new FakePlugin(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2]);
        plugin.connection.start();
        while (System.in.read() >= 0) {
            // Only its end is of interest.
        }
        plugin.connection.end();
    }

    private InitializeParams hello() {
        var ide = new IdeInfo("intellij-platform", "1", "Fake", "desktop");
        var surface = new SurfaceInfo(
                "fake", "fake", "Fake", List.of("/fake"), List.of(Way.FIELD.id()), null);
        var pid = ProcessHandle.current().pid();
        var plugin = new PluginInfo(ide, pid, 1, window, List.of("chat/deliver", "drive/lookup"), List.of(surface));
        var range = new ProtocolRange(Messages.PROTOCOL_MIN, Messages.PROTOCOL_MAX);
        return new InitializeParams(Role.PLUGIN, "koru-fake", "1", range, plugin);
    }

    private void tell(String surface, String drive, Messages.FactReport fact) {
        connection.tell("chat/event", new ChatEvent(surface, connection.epoch(), fact, drive));
    }

    private static synchronized void say(String line) {
        System.out.println(line);
    }

    /** Says what its chat was sent. */
    private static final class Telling implements IdePort {
        private final FakeIde ide = new FakeIde();

        @Override
        public synchronized boolean show(Place place) throws IdeException {
            return ide.show(place);
        }

        @Override
        public synchronized Input find(Place place) throws IdeException {
            return ide.find(place);
        }

        @Override
        public synchronized String read(Input input) throws IdeException {
            return ide.read(input);
        }

        @Override
        public synchronized boolean replace(Input input, String expected, String text) throws IdeException {
            return ide.replace(input, expected, text);
        }

        @Override
        public synchronized boolean canSend(Place place) throws IdeException {
            return ide.canSend(place);
        }

        @Override
        public synchronized boolean give(Place place, Way way, String text) throws IdeException {
            return ide.give(place, way, text);
        }

        @Override
        public synchronized Send send(Place place, Input input, String expected) throws IdeException {
            var sent = ide.send(place, input, expected);
            if (sent == Send.DONE) {
                say("sent " + expected.length());
            }
            return sent;
        }
    }
}
