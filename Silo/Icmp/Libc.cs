using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HmsOrleans.Silo.Icmp;

/// <summary>The calls of the C library that the prober needs. Layouts and numbers are those of 64-bit Linux, x64 and arm64 alike.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial Descriptor Socket(int domain, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(Descriptor socket, int level, int name, void* value, uint length);

    [LibraryImport(Library, EntryPoint = "sendmmsg", SetLastError = true)]
    internal static partial int SendMany(Descriptor socket, Message* messages, uint count, int flags);

    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static partial int ReceiveMany(Descriptor socket, Message* messages, uint count, int flags, Timespec* timeout);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial Descriptor EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(Descriptor file, void* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(Descriptor file, void* buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "ppoll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, Timespec* timeout, void* signalMask);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int CloseFile(nint file);

    /// <summary>The kernel's words for an error number.</summary>
    internal static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>A file descriptor that is closed once, and not while a call uses it.</summary>
    internal sealed class Descriptor() : SafeHandleMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle() => CloseFile(handle) == 0;
    }

    /// <summary><c>struct timespec</c></summary>
    internal struct Timespec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    /// <summary><c>struct pollfd</c></summary>
    internal struct PollEntry
    {
        internal int File;
        internal short Events;
        internal short Occurred;
    }

    /// <summary><c>struct iovec</c></summary>
    internal struct Buffer
    {
        internal byte* Start;
        internal nuint Length;
    }

    /// <summary><c>struct mmsghdr</c></summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    internal struct Message
    {
        [FieldOffset(0)] internal void* Name;
        [FieldOffset(8)] internal uint NameLength;
        [FieldOffset(16)] internal Buffer* Buffers;
        [FieldOffset(24)] internal nuint BufferCount;
        [FieldOffset(32)] internal void* Control;
        [FieldOffset(40)] internal nuint ControlLength;
        [FieldOffset(48)] internal int Flags;
        [FieldOffset(56)] internal uint Length;
    }

    /// <summary><c>struct cmsghdr</c> with a <c>struct timespec</c> in it.</summary>
    internal struct TimestampControl
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
        internal Timespec Time;
    }

    /// <summary><c>struct sockaddr_in6</c>, or <c>struct sockaddr_in</c> in its first half: the address in network byte order.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 28)]
    internal struct SocketAddress
    {
        internal const uint LengthV4 = 16;
        internal const uint LengthV6 = 28;

        [FieldOffset(0)] internal ushort Family;
        [FieldOffset(4)] internal uint V4;
        [FieldOffset(8)] internal fixed byte V6[16];
        [FieldOffset(24)] internal uint Scope;
    }

    /// <summary><c>struct sock_filter</c>: an instruction of classic BPF.</summary>
    internal struct FilterInstruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        internal ushort Code = code;
        internal byte IfTrue = ifTrue;
        internal byte IfFalse = ifFalse;
        internal uint Operand = operand;
    }

    /// <summary><c>struct sock_fprog</c></summary>
    internal struct FilterProgram
    {
        internal ushort Length;
        internal FilterInstruction* Instructions;
    }

    /// <summary>Error numbers that are told apart.</summary>
    internal static class Errors
    {
        internal const int NotPermitted = 1;
        internal const int Interrupted = 4;
        internal const int TryAgain = 11;
        internal const int AccessDenied = 13;
        internal const int NoSuchDevice = 19;
        internal const int FamilyNotSupported = 97;
        internal const int AddressNotAvailable = 99;
        internal const int NetworkDown = 100;
        internal const int NetworkUnreachable = 101;
        internal const int NoBuffers = 105;
    }
}
