package dev.koru.idea;

import com.intellij.openapi.options.Configurable;
import com.intellij.openapi.options.ConfigurationException;
import java.awt.BorderLayout;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import javax.swing.JComponent;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JTextField;

/** Settings, Tools, Koru: where the daemon listens, and how the connection is. */
public final class SettingsPage implements Configurable {
    private JTextField socket;

    @Override
    public String getDisplayName() {
        return "Koru";
    }

    @Override
    public JComponent createComponent() {
        socket = new JTextField();
        socket.getAccessibleContext().setAccessibleName("Socket of the Koru daemon");
        var form = new JPanel(new BorderLayout(8, 8));
        form.add(new JLabel("Socket of the daemon (blank: where Koru puts it):"), BorderLayout.NORTH);
        form.add(socket, BorderLayout.CENTER);
        form.add(new JLabel(StatusText.of(Koru.get().state())), BorderLayout.SOUTH);
        var page = new JPanel(new BorderLayout());
        page.add(form, BorderLayout.NORTH);
        return page;
    }

    @Override
    public boolean isModified() {
        return socket != null && !socket.getText().strip().equals(Settings.socket());
    }

    @Override
    public void apply() throws ConfigurationException {
        try {
            Path.of(socket.getText().strip());
        } catch (InvalidPathException unfit) {
            throw new ConfigurationException("That is no path: " + unfit.getReason());
        }
        Settings.setSocket(socket.getText());
    }

    @Override
    public void reset() {
        socket.setText(Settings.socket());
    }

    @Override
    public void disposeUIResources() {
        socket = null;
    }
}
