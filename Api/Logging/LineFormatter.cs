using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace HmsOrleans.Api.Logging;

/// <summary>The log as a person reads it: one line per change, with the time, the level where it is not just information, and the message.</summary>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    private const string OurNames = "HmsOrleans.";

    /// <summary>Of the framework's host, when a service did not start: the exception ends the process, which then says the same.</summary>
    private static readonly (string Category, int Event) StartFailed = ("Microsoft.Extensions.Hosting.Internal.Host", 11);

    private readonly bool _colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if ((logEntry.Category, logEntry.EventId.Id) == StartFailed)
        {
            return;
        }
        var (word, colour) = logEntry.LogLevel switch
        {
            LogLevel.Critical or LogLevel.Error => ("error ", "\e[31m"),
            LogLevel.Warning => ("warn  ", "\e[33m"),
            LogLevel.Information => ("      ", ""),
            _ => ("debug ", "\e[2m"),
        };
        textWriter.Write(time.GetLocalNow().ToString("HH:mm:ss.fff ", null));
        textWriter.Write(_colours && colour.Length > 0 ? $"{colour}{word}\e[0m" : word);
        if (!logEntry.Category.StartsWith(OurNames, StringComparison.Ordinal))
        {
            textWriter.Write($"[{logEntry.Category}] ");
        }
        textWriter.WriteLine(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "));
        if (logEntry.Exception is { } exception)
        {
            textWriter.WriteLine(exception);
        }
    }
}
