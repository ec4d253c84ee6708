package dev.koru.drive;

/** Time as a delivery sees it, so that a test can be its master. */
public interface Clock {
    /** Milliseconds; only differences mean anything. */
    long now();

    void pause(long milliseconds) throws InterruptedException;

    /** The time of this machine. */
    Clock REAL = new Clock() {
        @Override
        public long now() {
            return System.nanoTime() / 1_000_000;
        }

        @Override
        public void pause(long milliseconds) throws InterruptedException {
            Thread.sleep(milliseconds);
        }
    };
}
