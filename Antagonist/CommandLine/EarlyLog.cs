using HmsOrleans.Api.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>
/// The log of what must not wait until the settings are read and the program is put together: lines as ever, from information on. Then
/// that of the program.
/// </summary>
internal sealed class EarlyLog(TimeProvider time) : ILoggerFactory
{
    private readonly LineFormatter _lines = new(time);
    private volatile ILoggerFactory? _settled;

    /// <summary>From now on it writes what the program's log does.</summary>
    public void Follow(ILoggerFactory settled) => _settled = settled;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("it has one way to write");

    public void Dispose()
    {
    }

    private sealed class Logger(EarlyLog log, string category) : ILogger
    {
        private ILogger? _settled;

        private ILogger? Settled => _settled ??= log._settled?.CreateLogger(category);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => Settled?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => Settled?.IsEnabled(logLevel) ?? logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Settled is { } settled)
            {
                settled.Log(logLevel, eventId, state, exception, formatter);
            }
            else if (IsEnabled(logLevel))
            {
                log._lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), null, Console.Out);
            }
        }
    }
}
