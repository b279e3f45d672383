using System.CommandLine;
using HmsOrleans.Cli.Client;

namespace HmsOrleans.Cli.Commands;

/// <summary>What every command takes.</summary>
internal static class GlobalOptions
{
    private const string DefaultUrl = "http://127.0.0.1:8080";

    public static readonly Option<string> Url = new("--url")
    {
        Description = $"Where the API is; else HMS_URL, else {DefaultUrl}.",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string> Key = new("--key")
    {
        Description = "A key of the API; else --key-file, else HMS_KEY. On the command line others can read it.",
        HelpName = "KEY",
        Recursive = true,
    };

    public static readonly Option<string> KeyFile = new("--key-file")
    {
        Description = "A file that has the key in its first line.",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<string> Output = new Option<string>("--output", "-o")
    {
        Description = "table, for people, or json, for programs: what the API says.",
        HelpName = "table|json",
        DefaultValueFactory = _ => "table",
        Recursive = true,
    }.AcceptOnlyFromAmong("table", "json");

    public static readonly Option<double?> Timeout = new("--timeout")
    {
        Description = "Longest wait for an answer, in seconds.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 10,
        CustomParser = Numbers.Within(0.001, 3600, "seconds"),
        Recursive = true,
    };

    public static IEnumerable<Option> All => [Url, Key, KeyFile, Output, Timeout];

    public static bool IsJson(ParseResult given) => given.GetValue(Output) == "json";

    /// <summary>A client of the API that the command line, or the environment, names.</summary>
    /// <param name="given">The command line.</param>
    /// <param name="limit">Longest wait for an answer; null for what the command line says.</param>
    public static ApiClient Connect(ParseResult given, TimeSpan? limit = null)
    {
        var text = given.GetValue(Url) ?? Variable("HMS_URL") ?? DefaultUrl;
        if (!Uri.TryCreate(text.EndsWith('/') ? text : text + "/", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new CommandFailedException(ExitCode.Usage, $"'{text}' is no URL of an API: give one such as {DefaultUrl}.");
        }
        var key = given.GetValue(Key) ?? (given.GetValue(KeyFile) is { } file ? ReadKey(file) : Variable("HMS_KEY"));
        if (key is not null && !key.All(character => character is > ' ' and <= '~'))
        {
            throw new CommandFailedException(ExitCode.Usage, "The key has characters that no key has: letters, digits and punctuation are what it can hold.");
        }
        return new(url, key, limit ?? TimeSpan.FromSeconds(given.GetValue(Timeout)!.Value));
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string ReadKey(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault()?.Trim() is { Length: > 0 } key ? key : throw new CommandFailedException(ExitCode.Usage, $"The file {file} has no key in its first line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"The key cannot be read: {e.Message}", e);
        }
    }
}
