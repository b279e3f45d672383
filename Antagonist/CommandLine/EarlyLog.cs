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
    private readonly List<Logger> _loggers = [];

    /// <summary>From now on it writes what the program's log does.</summary>
    public void Follow(ILoggerFactory settled) => _loggers.ForEach(logger => logger.Follow(settled));

    public ILogger CreateLogger(string categoryName)
    {
        var logger = new Logger(_lines, categoryName);
        _loggers.Add(logger);
        return logger;
    }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("it has one way to write");

    public void Dispose()
    {
    }

    private sealed class Logger(LineFormatter lines, string category) : ILogger
    {
        private volatile ILogger? _settled;

        public void Follow(ILoggerFactory settled) => _settled = settled.CreateLogger(category);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => _settled?.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => _settled?.IsEnabled(logLevel) ?? logLevel is >= LogLevel.Information and not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (_settled is { } settled)
            {
                settled.Log(logLevel, eventId, state, exception, formatter);
            }
            else if (IsEnabled(logLevel))
            {
                // In one piece: others write at the same time.
                using var text = new StringWriter();
                lines.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), null, text);
                Console.Out.Write(text.ToString());
            }
        }
    }
}
