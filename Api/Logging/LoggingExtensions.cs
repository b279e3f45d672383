using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace HmsOrleans.Api.Logging;

/// <summary>The log of all our programs.</summary>
public static class LoggingExtensions
{
    /// <summary>Writes one line per change to the console, and of the framework only what is wrong. All of it can be set in the section <c>Logging</c>.</summary>
    public static IHostApplicationBuilder AddHmsConsole(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // Before every other source, so that each of them overrides it.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:Console:FormatterName"] = LineFormatter.FormatterName,
                ["Logging:LogLevel:Default"] = nameof(LogLevel.Warning),
                ["Logging:LogLevel:HmsOrleans"] = nameof(LogLevel.Information),
                // It tells of every attempt to reach a node or a database that is gone, each with a stack trace; we say it in a line of our own.
                ["Logging:LogLevel:Orleans"] = nameof(LogLevel.Critical),
                // So does what Orleans repeats its attempts with.
                ["Logging:LogLevel:Polly"] = nameof(LogLevel.Critical),
                ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = nameof(LogLevel.Warning),
            },
        });
        builder.Logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        return builder;
    }
}
