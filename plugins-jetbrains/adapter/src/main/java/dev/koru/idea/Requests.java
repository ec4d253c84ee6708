package dev.koru.idea;

import dev.koru.drive.Blocker;
import dev.koru.drive.Drives;
import dev.koru.drive.IdeException;
import dev.koru.drive.IdePort;
import dev.koru.drive.IdePort.Place;
import dev.koru.link.Handler;
import dev.koru.protocol.Messages.ChatCancelParams;
import dev.koru.protocol.Messages.ChatOpenParams;
import dev.koru.protocol.Messages.CommandResult;
import dev.koru.protocol.Messages.CommandsListParams;
import dev.koru.protocol.Messages.CommandsListResult;
import dev.koru.protocol.Messages.DeliverParams;
import dev.koru.protocol.Messages.DeliverResult;
import dev.koru.protocol.Messages.Empty;
import dev.koru.protocol.Messages.LookupParams;
import dev.koru.protocol.Messages.SelfTestResult;
import dev.koru.protocol.WireException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the daemon asks of this IDE, one function a method. */
final class Requests {
    private static final int COMMANDS_MAX = 8_000;

    private final Drives drives;
    private final LongSupplier epoch;
    private final Supplier<Map<String, Place>> places;
    private final IdePort port;
    private final Callable<SelfTestResult> selfTest;

    private Requests(
            Drives drives,
            LongSupplier epoch,
            Supplier<Map<String, Place>> places,
            IdePort port,
            Callable<SelfTestResult> selfTest) {
        this.drives = drives;
        this.epoch = epoch;
        this.places = places;
        this.port = port;
        this.selfTest = selfTest;
    }

    static Map<String, Handler> handlers(
            Drives drives,
            LongSupplier epoch,
            Supplier<Map<String, Place>> places,
            IdePort port,
            Callable<SelfTestResult> selfTest) {
        var requests = new Requests(drives, epoch, places, port, selfTest);
        return Map.of(
                "ping", params -> requests.ping(),
                "chat/deliver", params -> requests.deliver((DeliverParams) params),
                "chat/open", params -> requests.open((ChatOpenParams) params),
                "chat/cancel", params -> requests.cancel((ChatCancelParams) params),
                "drive/lookup", params -> drives.lookup(((LookupParams) params).driveId()),
                "plugin/selftest", params -> requests.selfTest(),
                "commands/list", params -> requests.commands((CommandsListParams) params));
    }

    /** Only the process is asked: a dialog that is open long does not make its IDE a dead one. */
    private Empty ping() {
        return new Empty();
    }

    private SelfTestResult selfTest() throws Exception {
        try {
            return selfTest.call();
        } catch (IdeException busy) {
            throw new WireException("timeout", busy.getMessage(), null);
        }
    }

    private DeliverResult deliver(DeliverParams params) throws InterruptedException {
        // An answer under another epoch would go to a session that the daemon has given up.
        if (params.epoch() != epoch.getAsLong()) {
            var message = "asked in epoch " + params.epoch() + ", and this is " + epoch.getAsLong();
            throw new WireException("superseded", message, "epoch");
        }
        return drives.deliver(params);
    }

    private CommandResult open(ChatOpenParams params) {
        var place = places.get().get(params.surfaceId());
        if (place == null) {
            throw Koru.unknownSurface();
        }
        if (params.chatId() != null) {
            return new CommandResult(false, Blocker.UNKNOWN_CHAT.word(), "this plugin shows the window, and cannot choose a chat");
        }
        try {
            return port.show(place)
                    ? new CommandResult(true, null, null)
                    : new CommandResult(false, Blocker.NO_CHAT_AGENT.word(), "the tool window is not there any more");
        } catch (IdeException failed) {
            var isDialog = failed.kind() == IdeException.Kind.DIALOG;
            var blocker = isDialog ? Blocker.BLOCKED_BY_DIALOG : Blocker.WINDOW_UNRESPONSIVE;
            return new CommandResult(false, blocker.word(), failed.getMessage());
        }
    }

    private CommandResult cancel(ChatCancelParams params) {
        if (params.driveId() != null && drives.cancel(params.driveId())) {
            return new CommandResult(true, null, null);
        }
        return new CommandResult(false, Blocker.COMMAND_UNAVAILABLE.word(), "this chat has no command that stops a turn");
    }

    private CommandsListResult commands(CommandsListParams params) {
        var wanted = params.contains() == null ? "" : params.contains().toLowerCase(Locale.ROOT);
        return new CommandsListResult(PlatformCompat.actionIds().stream()
                .filter(id -> id.toLowerCase(Locale.ROOT).contains(wanted))
                .sorted()
                .limit(COMMANDS_MAX)
                .toList());
    }
}
