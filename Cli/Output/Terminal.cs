using System.IO.Pipes;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HmsOrleans.Cli.Output;

/// <summary>Where the output goes, and what can be done there.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool isInteractive, bool hasColour, Func<(int Width, int Height)?> size) : IDisposable
{
    public TextWriter Out { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>A person looks at it, and what was written can be written over.</summary>
    public bool IsInteractive { get; } = isInteractive;

    public bool HasColour { get; } = hasColour;

    /// <summary>Characters in a line; null where there is no limit.</summary>
    public int? Width => size()?.Width;

    /// <summary>Lines; null where there is no limit.</summary>
    public int? Height => size()?.Height;

    public static Terminal OfProcess()
    {
        var isInteractive = !Console.IsOutputRedirected;
        return new(
            isInteractive ? Console.Out : Redirected(), Console.Error, isInteractive,
            // https://no-color.org
            isInteractive && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
            () => isInteractive && Console.WindowWidth > 0 ? (Console.WindowWidth, Console.WindowHeight) : null);
    }

    /// <summary>Whether something could not be written because whoever was reading it has gone.</summary>
    /// <remarks>The framework writes to a pipe as to a socket, and calls EPIPE a shutdown.</remarks>
    public static bool HasNoReader(IOException e) => e.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown };

    public void Dispose()
    {
        try
        {
            Out.Flush();
        }
        catch (IOException)
        {
            // That it cannot be written was known when the command ended.
        }
    }

    /// <summary>The console's own stream takes no notice of a reader that has gone (<c>hms watch | head -1</c>); that of a pipe does.</summary>
    private static StreamWriter Redirected()
    {
        Stream stream;
        try
        {
            stream = new AnonymousPipeClientStream(PipeDirection.Out, new SafePipeHandle(new IntPtr(1), ownsHandle: false));
        }
        catch (IOException)
        {
            stream = Console.OpenStandardOutput(); // a file
        }
        return new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }
}
